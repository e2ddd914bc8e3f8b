"""What people agreed to: the wording, when and how, for a child by whom; and its withdrawal."""

from gateway.privacy.consents.service import (
    HOW_WORDS,
    KIND_WORDS,
    Consent,
    ConsentBook,
    Consents,
    GivenConsent,
    How,
)

__all__ = ["HOW_WORDS", "KIND_WORDS", "Consent", "ConsentBook", "Consents", "GivenConsent", "How"]
