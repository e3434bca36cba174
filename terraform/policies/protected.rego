# What cannot be made again is neither destroyed nor replaced nor forgotten by a plan.
package main

import rego.v1

deny contains message if {
	some change in input.resource_changes
	change.mode == "managed"
	change.type in data.settings.protected_types
	some action in change.change.actions
	action in {"delete", "forget"}
	message := sprintf("protected: the plan would %s %s", [verb(change.change.actions), change.address])
}

verb(actions) := "replace" if count(actions) > 1

verb(actions) := actions[0] if count(actions) == 1
