"""Arabic text: tokens, sentences, and normalised copies that map back to the original."""
