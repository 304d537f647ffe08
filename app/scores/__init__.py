"""How good judgements were, once it is known what happened; and how good sources were."""
