"""What text should not hold, found here and now: patterns and lists of words, and why."""
