# Whatever can carry tags says whose it is, and who pays.
package main

import data.plan
import rego.v1

deny contains message if {
	some change in plan.kept
	carries_tags(change)
	some tag in data.settings.required_tags
	not named(change, tag)
	message := sprintf("tags: %s lacks %s", [change.address, tag])
}

carries_tags(change) if "tags" in object.keys(change.change.after)

carries_tags(change) if "tags_all" in object.keys(change.change.after)

carries_tags(change) if "tags_all" in object.keys(change.change.after_unknown)

named(change, tag) if {
	some key in ["tags", "tags_all"]
	change.change.after[key][tag] != ""
}
