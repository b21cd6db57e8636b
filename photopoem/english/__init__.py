"""English for the poems: inflection, amounts in words, syllables, and the lexicon."""
