# What the rules share: resources as they will be, and the policy documents inside them.
package plan

import rego.v1

# Everything that stands after the plan, changed by it or not: a drift plan finds what was there all along.
kept := [change |
	some change in input.resource_changes
	change.mode == "managed"
	change.change.after != null
]

# Whether an attribute has a value, or will have one that is known after the apply only.
given(change, key) if not object.get(change.change.after, key, null) in {null, "", []}

given(change, key) if unknown(change, key)

unknown(change, key) if object.get(change.change.after_unknown, key, false) == true

statements(change, key) := [statement |
	document := json.unmarshal(change.change.after[key])
	some statement in as_list(document.Statement)
]

allows(statement) if statement.Effect == "Allow"

as_list(value) := value if is_array(value)

as_list(value) := [value] if not is_array(value)

# Attributes that hold policy documents, whatever the resource.
policy_keys := {"policy", "assume_role_policy", "access_policy", "repository_policy"}

# [resource, attribute, statement] for every Allow in a document that is known.
allowed contains [change, key, statement] if {
	some change in kept
	some key in policy_keys
	is_string(change.change.after[key])
	startswith(change.change.after[key], "{")
	some statement in statements(change, key)
	allows(statement)
}
