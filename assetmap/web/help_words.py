"""What roles and answers are called where help is asked for."""

ROLES = {
    "": "",
    "lead": "To lead it",
    "facilitator": "To lead a table",
    "note_taker": "To take notes",
    "greeter": "To welcome people",
    "logistics": "To set up, carry and clear away",
    "media": "Photos, sound or screen",
    "safeguarding": "To look after safeguarding",
    "interpreter": "To interpret",
    "evaluator": "To evaluate it",
}
STATES = {
    "accepted": "Said yes",
    "tentative": "Said perhaps",
    "asked": "No answer yet",
    "declined": "Said no",
}
ASK_BY = (
    ("email", "By e-mail: send it now"),
    ("phone", "I have asked them by phone"),
    ("in_person", "I have asked them in person"),
    ("post", "I have written by post"),
    ("sms", "I have sent a text message"),
)
