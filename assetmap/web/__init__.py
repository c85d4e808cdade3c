"""Pages for people: parse, ask the register, commit, answer."""
