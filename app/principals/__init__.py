"""Principals: the people and machines that may ask, each with a role and a clearance."""
