"""The ways of stealing by Pix, one module each: cases in, the victims' payments (and bait) out."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pixguard.simulate.config import Story
from pixguard.simulate.rings import Scene
from pixguard.simulate.traffic import Traffic
from pixguard.simulate.typologies import (
    account_takeover,
    coercion,
    consent_abuse,
    fake_call_centre,
    investment_scam,
    messaging_clone,
    qr_swap,
    remote_access,
    wrong_pix,
)

Typology = Callable[[Scene], Traffic]
TYPOLOGIES: Mapping[Story, Typology] = {
    Story.FAKE_CALL_CENTRE: fake_call_centre.payments,
    Story.MESSAGING_CLONE: messaging_clone.payments,
    Story.REMOTE_ACCESS: remote_access.payments,
    Story.QR_SWAP: qr_swap.payments,
    Story.INVESTMENT_SCAM: investment_scam.payments,
    Story.WRONG_PIX: wrong_pix.payments,
    Story.ACCOUNT_TAKEOVER: account_takeover.payments,
    Story.COERCION: coercion.payments,
    Story.CONSENT_ABUSE: consent_abuse.payments,
}
