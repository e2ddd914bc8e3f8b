"""The decision at the door: may this credential pass here, now? It begins with its contract."""

from gateway.access.decision import AccessDecision, AccessPolicy, AccessRequest, DenialReason, PresentedCredential

__all__ = ["AccessDecision", "AccessPolicy", "AccessRequest", "DenialReason", "PresentedCredential"]
