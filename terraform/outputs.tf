output "platform_env" {
  description = "What the overlay of this environment needs to know of AWS: kustomize/overlays/<environment>/environment/platform.env (PLATFORM.md)."
  value       = join("", [for key, value in local.platform : "${key}=${value}\n"])
}

output "addresses" {
  description = "What people need to know of AWS: the runbooks name these, no file holds them."
  value = {
    ACCOUNT_ID        = var.account_id
    CLUSTER_NAME      = module.cluster.name
    DATABASE_ADDRESS  = module.database.address
    LOG_GROUP_PREFIX  = "/${local.name}"
    METRICS_QUERY_URL = trimsuffix(module.observability.remote_write_url, "api/v1/remote_write")
    STATE_ADDRESS     = module.cache.address
  }
}

output "github_role_arns" {
  description = "Roles for GitHub's variables AWS_ROLE_PLAN_<ENVIRONMENT>, AWS_ROLE_APPLY, AWS_ROLE_IMAGES and AWS_ROLE_WATCH."
  value       = module.identity.github_role_arns
}

output "workload_role_arns" {
  description = "Role of each workload; its pods get it by their service account, nothing in the cluster names it."
  value       = module.identity.workload_role_arns
}

output "connection_arn" {
  description = "The connection of CodePipeline to confirm once by hand, or null."
  value       = one(module.delivery[*].connection_arn)
}

# PLATFORM.md says what each is and who reads it. No secret is among them.
locals {
  platform = {
    ARTIFACTS_BUCKET  = module.storage.bucket_names["artifacts"]
    ENVIRONMENT       = var.environment
    KAFKA_BROKERS     = module.streaming.bootstrap_brokers
    KAFKA_MECHANISM   = "AWS_MSK_IAM"
    KAFKA_PROTOCOL    = "SASL_SSL"
    LAKE_BUCKET       = module.storage.bucket_names["lake"]
    METRICS_WRITE_URL = module.observability.remote_write_url
    MODELS_BUCKET     = module.storage.bucket_names["models"]
    REGION            = var.region
    REGISTRY          = "${module.registry.address}/${local.product}"
    TOPIC_ALARMS      = module.observability.topic_arns["alarms"]
    TOPIC_ROLLBACK    = module.observability.topic_arns["rollback"]
  }
}
