"""Ratings: each assessor's judgement of a consequence, and the pooled judgement made of them."""
