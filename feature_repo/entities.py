"""What features are about: a payment (its finished features), and the keys whose state is kept online."""

from feast import Entity, ValueType

payment = Entity(
    name="payment",
    join_keys=["end_to_end_id"],
    value_type=ValueType.STRING,
    description="One Pix payment, by its end-to-end id.",
)
account = Entity(
    name="account",
    join_keys=["account_id"],
    value_type=ValueType.STRING,
    description="A payer or payee, by its token.",
)
device = Entity(
    name="device",
    join_keys=["device_id"],
    value_type=ValueType.STRING,
    description="A device that sent payments, by its token.",
)
pair = Entity(
    name="pair",
    join_keys=["pair_id"],
    value_type=ValueType.STRING,
    description="A payer and a payee together, in this order.",
)
STATE_ENTITIES = {entity.name: entity for entity in (account, device, pair)}
