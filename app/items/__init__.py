"""Items: things exchanged or at stake in an alliance."""
