"""The causal network of an alliance: what its causes make likely, and what if they were others."""
