"""Networks that strategies train; apart from them, as torch takes seconds to import."""
