"""A third party's rule as rules were written until 0.1.0."""

from gateway.rule import Rule


class OldRule(Rule):
    def watch(self, held):
        while True:
            yield ()


RULE = OldRule
