# Every right is named: no wildcard action, no right by exception, no administrator, no key that lives for ever.
package main

import data.plan
import rego.v1

deny contains message if {
	some [change, key, statement] in plan.allowed
	some action in plan.as_list(statement.Action)
	contains(action, "*")
	message := sprintf("iam: %s allows the wildcard action %s in its %s", [change.address, action, key])
}

deny contains message if {
	some [change, key, statement] in plan.allowed
	some exception in {"NotAction", "NotPrincipal"}
	exception in object.keys(statement)
	message := sprintf("iam: %s allows everything but a few by %s in its %s", [change.address, exception, key])
}

deny contains message if {
	some [change, key, statement] in plan.allowed
	key == "assume_role_policy"
	some operator in {"StringLike", "StringEquals", "ForAnyValue:StringLike"}
	some name, values in statement.Condition[operator]
	endswith(name, ":sub")
	some value in plan.as_list(values)
	contains(value, "*")
	message := sprintf("iam: %s trusts the pattern %s", [change.address, value])
}

deny contains message if {
	some change in plan.kept
	change.type in {"aws_iam_role_policy_attachment", "aws_iam_user_policy_attachment", "aws_iam_group_policy_attachment"}
	some name in {"AdministratorAccess", "IAMFullAccess"}
	endswith(change.change.after.policy_arn, sprintf("/%s", [name]))
	message := sprintf("iam: %s attaches %s", [change.address, name])
}

deny contains message if {
	some change in plan.kept
	change.type in {"aws_iam_user", "aws_iam_access_key", "aws_iam_user_login_profile"}
	message := sprintf("iam: %s makes a credential that lives for ever; roles are taken by OIDC or pod identity", [change.address])
}

# A document that is known after the apply only cannot be judged now; the drift plan of the next morning judges it.
warn contains message if {
	some change in plan.kept
	startswith(change.type, "aws_iam_")
	some key in plan.policy_keys
	plan.unknown(change, key)
	message := sprintf("iam: the %s of %s is not known yet", [key, change.address])
}
