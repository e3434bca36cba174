# Nothing is reachable from outside: no public bucket, no public address, no door open to the internet.
package main

import data.plan
import rego.v1

blocks := {"block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets"}

deny contains message if {
	some change in plan.kept
	change.type == "aws_s3_bucket_public_access_block"
	some block in blocks
	change.change.after[block] != true
	message := sprintf("public access: %s does not set %s", [change.address, block])
}

deny contains message if {
	some change in plan.kept
	change.type == "aws_s3_bucket"
	not all_have(change, "aws_s3_bucket_public_access_block")
	message := sprintf("public access: not every bucket beside %s has an aws_s3_bucket_public_access_block", [change.address])
}

# A companion's bucket is not known before the apply, so companions are counted within each module.
all_have(bucket, companion) if {
	module := object.get(bucket, "module_address", "")
	count(addresses("aws_s3_bucket", module)) <= count(addresses(companion, module))
}

addresses(type, module) := [change.address |
	some change in plan.kept
	change.type == type
	object.get(change, "module_address", "") == module
]

deny contains message if {
	some change in plan.kept
	change.type in {"aws_s3_bucket", "aws_s3_bucket_acl"}
	acl := change.change.after.acl
	is_string(acl)
	startswith(acl, "public")
	message := sprintf("public access: %s has the acl %s", [change.address, acl])
}

deny contains message if {
	some [change, key, statement] in plan.allowed
	everyone(statement)
	not narrowed(statement)
	message := sprintf("public access: %s lets everyone in by its %s", [change.address, key])
}

everyone(statement) if "*" in plan.as_list(statement.Principal)

everyone(statement) if "*" in plan.as_list(statement.Principal.AWS)

# A condition on whose account or organization it is, or on the one bucket of AWS that holds ECR's layers.
narrowed(statement) if {
	some conditions in statement.Condition
	some name in object.keys(conditions)
	lower(name) in {"aws:principalaccount", "aws:principalorgid", "aws:sourceaccount", "kms:calleraccount"}
}

narrowed(statement) if {
	some resource in plan.as_list(statement.Resource)
	regex.match(`^arn:aws:s3:::prod-[a-z0-9-]+-starport-layer-bucket/\*$`, resource)
}

open_flags := {
	"aws_db_instance": "publicly_accessible",
	"aws_rds_cluster_instance": "publicly_accessible",
	"aws_subnet": "map_public_ip_on_launch",
	"aws_instance": "associate_public_ip_address",
}

deny contains message if {
	some change in plan.kept
	flag := open_flags[change.type]
	change.change.after[flag] == true
	message := sprintf("public access: %s sets %s", [change.address, flag])
}

deny contains message if {
	some change in plan.kept
	change.type == "aws_eks_cluster"
	change.change.after.vpc_config[_].endpoint_public_access != false
	message := sprintf("public access: the API server of %s is reachable from the internet", [change.address])
}

deny contains message if {
	some change in plan.kept
	change.type == "aws_msk_cluster"
	change.change.after.broker_node_group_info[_].connectivity_info[_].public_access[_].type != "DISABLED"
	message := sprintf("public access: the brokers of %s have public addresses", [change.address])
}

deny contains message if {
	some change in plan.kept
	change.type in {"aws_lb", "aws_alb", "aws_elb"}
	object.get(change.change.after, "internal", false) != true
	message := sprintf("public access: %s faces the internet", [change.address])
}

deny contains message if {
	some [change, range] in incoming
	range in {"0.0.0.0/0", "::/0"}
	message := sprintf("public access: %s lets %s in", [change.address, range])
}

# [resource, range of addresses] of every rule by which something may come in, in the three ways to write one.
incoming contains [change, range] if {
	some change in plan.kept
	change.type == "aws_vpc_security_group_ingress_rule"
	some key in ["cidr_ipv4", "cidr_ipv6"]
	range := change.change.after[key]
}

incoming contains [change, range] if {
	some change in plan.kept
	change.type in {"aws_security_group", "aws_default_security_group"}
	some rule in change.change.after.ingress
	some key in ["cidr_blocks", "ipv6_cidr_blocks"]
	some range in rule[key]
}

incoming contains [change, range] if {
	some change in plan.kept
	change.type == "aws_security_group_rule"
	change.change.after.type == "ingress"
	some key in ["cidr_blocks", "ipv6_cidr_blocks"]
	some range in change.change.after[key]
}
