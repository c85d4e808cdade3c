"""What lies outside our walls: mail, the photo store, the queue. One class each."""
