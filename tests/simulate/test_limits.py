import numpy as np

from pixguard.simulate.amounts import NIGHT_LIMIT_CENTAVOS
from pixguard.simulate.limits import within_night_limit
from pixguard.simulate.randomness import stream
from pixguard.simulate.rhythm import local_hour


def test_people_keep_the_night_limit_unless_they_had_it_raised(world, paid):
    hour, person = local_hour(paid.time_us), paid.payer < len(world.people)
    night = person & ((hour >= 20) | (hour < 6))
    raised = world.people.has_raised_limit[np.where(person, paid.payer, 0)]
    assert paid.amount_centavos[night & ~raised].max() <= NIGHT_LIMIT_CENTAVOS
    assert paid.amount_centavos[night & raised].max() > NIGHT_LIMIT_CENTAVOS


def test_what_is_within_the_limit_stays_as_it_is(world, paid):
    again = within_night_limit(world, paid, stream(1, "again"))
    assert (again.amount_centavos == paid.amount_centavos).all()
