"""The Attentive Conditional Neural Process that predicts improvements (section 5, supplement B.3)."""
