# Everything at rest is encrypted under a key of ours, everything on the way by TLS.
package main

import data.plan
import rego.v1

# Resources that must name a key, and the attribute in which they do.
keyed := {
	"aws_cloudwatch_log_group": "kms_key_id",
	"aws_db_instance": "kms_key_id",
	"aws_elasticache_replication_group": "kms_key_id",
	"aws_prometheus_workspace": "kms_key_arn",
	"aws_secretsmanager_secret": "kms_key_id",
	"aws_sns_topic": "kms_master_key_id",
	"aws_sqs_queue": "kms_master_key_id",
	"aws_codebuild_project": "encryption_key",
}

deny contains message if {
	some change in plan.kept
	key := keyed[change.type]
	not plan.given(change, key)
	message := sprintf("encryption: %s names no key in %s", [change.address, key])
}

# Switches that must be on; ElastiCache and EC2 write theirs as text.
switched := {
	"aws_db_instance": ["storage_encrypted"],
	"aws_ebs_volume": ["encrypted"],
	"aws_efs_file_system": ["encrypted"],
	"aws_elasticache_replication_group": ["at_rest_encryption_enabled", "transit_encryption_enabled"],
	"aws_rds_cluster": ["storage_encrypted"],
}

deny contains message if {
	some change in plan.kept
	some switch in switched[change.type]
	not on(object.get(change.change.after, switch, null))
	message := sprintf("encryption: %s does not set %s", [change.address, switch])
}

on(value) if value in {true, "true"}

deny contains message if {
	some change in plan.kept
	change.type == "aws_s3_bucket_server_side_encryption_configuration"
	some rule in change.change.after.rule
	some chosen in rule.apply_server_side_encryption_by_default
	not startswith(chosen.sse_algorithm, "aws:kms")
	not object.get(change, "index", "") in data.settings.sse_s3_buckets
	message := sprintf("encryption: %s uses %s, which is not a key of ours", [change.address, chosen.sse_algorithm])
}

deny contains message if {
	some change in plan.kept
	change.type == "aws_s3_bucket"
	not all_have(change, "aws_s3_bucket_server_side_encryption_configuration")
	message := sprintf("encryption: not every bucket beside %s has an aws_s3_bucket_server_side_encryption_configuration", [change.address])
}

deny contains message if {
	some change in plan.kept
	change.type == "aws_msk_cluster"
	some encryption in change.change.after.encryption_info
	some transit in encryption.encryption_in_transit
	not transit_is_tls(transit)
	message := sprintf("encryption: %s talks without TLS", [change.address])
}

transit_is_tls(transit) if {
	transit.client_broker == "TLS"
	transit.in_cluster == true
}

deny contains message if {
	some change in plan.kept
	change.type == "aws_ecr_repository"
	not "KMS" in {configuration.encryption_type | some configuration in change.change.after.encryption_configuration}
	message := sprintf("encryption: the images of %s are not under a key of ours", [change.address])
}

deny contains message if {
	some change in plan.kept
	change.type == "aws_eks_cluster"
	not "secrets" in {kind | some configuration in change.change.after.encryption_config; some kind in configuration.resources}
	message := sprintf("encryption: the secrets of %s are not under a key of ours", [change.address])
}

deny contains message if {
	some change in plan.kept
	change.type == "aws_launch_template"
	some mapping in change.change.after.block_device_mappings
	some disk in mapping.ebs
	not on(disk.encrypted)
	message := sprintf("encryption: a disk of %s is not encrypted", [change.address])
}

deny contains message if {
	some change in plan.kept
	change.type == "aws_kms_key"
	not object.get(change.change.after, "key_usage", null) == "SIGN_VERIFY"
	object.get(change.change.after, "enable_key_rotation", false) != true
	message := sprintf("encryption: %s is never rotated", [change.address])
}
