"""The English of the poems: inflection, amounts in words, syllables, and the lexicon."""
