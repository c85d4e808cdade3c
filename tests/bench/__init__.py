"""How fast the service is: a made-up country, a mix of requests, and one table of ratios."""
