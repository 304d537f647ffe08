"""Claims: one proposition each, said by a speaker, carried by sources, graded."""
