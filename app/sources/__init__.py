"""Sources: the documents and outlets that carry claims, each with its grade."""
