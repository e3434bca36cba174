module "identity" {
  source               = "./modules/identity"
  name                 = local.name
  account_id           = var.account_id
  region               = var.region
  permissions_boundary = local.permissions_boundary
  github               = var.github
  state_bucket         = local.state_bucket
  repository_arns      = values(module.registry.repository_arns)
  cluster_name         = module.cluster.name
  workloads            = local.workloads
  tags                 = local.tags
}

module "delivery" {
  source                = "./modules/delivery"
  count                 = var.delivery == null ? 0 : 1
  name                  = local.name
  account_id            = var.account_id
  region                = var.region
  permissions_boundary  = local.permissions_boundary
  repository            = { id = var.github.repository, branch = var.github.branch, provider = var.delivery.provider }
  artifacts             = { bucket = module.storage.bucket_names["artifacts"], key_arn = module.storage.key_arn }
  registry              = { prefix = "${module.registry.address}/${local.product}", repository_arns = values(module.registry.repository_arns) }
  environment           = var.environment
  approval_topic_arn    = module.observability.topic_arns["alarms"]
  observability_key_arn = module.observability.key_arn
  rollback_alarm_name   = module.observability.rollback_alarm_name
  tags                  = local.tags
}
