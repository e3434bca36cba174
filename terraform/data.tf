module "storage" {
  source               = "./modules/storage"
  name                 = local.name
  account_id           = var.account_id
  model_lock           = var.model_lock
  replica_region       = var.replica_region
  permissions_boundary = local.permissions_boundary
  tags                 = local.tags
}

module "streaming" {
  source                   = "./modules/streaming"
  name                     = local.name
  account_id               = var.account_id
  region                   = var.region
  vpc_id                   = module.network.vpc_id
  subnet_ids               = module.network.data_subnet_ids
  client_security_group_id = module.cluster.security_group_id
  kafka_version            = var.streaming.version
  broker                   = var.streaming.broker
  topics                   = { for name, topic in local.topics : "${local.product}.${name}" => topic }
  tags                     = local.tags
}

module "database" {
  source                   = "./modules/database"
  name                     = local.name
  account_id               = var.account_id
  vpc_id                   = module.network.vpc_id
  subnet_ids               = module.network.data_subnet_ids
  client_security_group_id = module.cluster.security_group_id
  instance_class           = var.database.instance_class
  storage_gib              = var.database.storage_gib
  multi_az                 = var.database.multi_az
  backup_days              = var.database.backup_days
  replica_region           = var.replica_region
  tags                     = local.tags
}

module "cache" {
  source                   = "./modules/cache"
  name                     = local.name
  account_id               = var.account_id
  region                   = var.region
  vpc_id                   = module.network.vpc_id
  subnet_ids               = module.network.data_subnet_ids
  client_security_group_id = module.cluster.security_group_id
  node_type                = var.cache.node_type
  nodes                    = var.cache.nodes
  password_version         = var.cache.password_version
  passwords                = var.cache_passwords
  tags                     = local.tags
}

# The same topics as manifests/kafka makes where Kafka runs in the cluster; a test holds the two together.
locals {
  day_ms = 24 * 60 * 60 * 1000
  topics = {
    payments     = { partitions = 24, configs = { "cleanup.policy" = "delete", "retention.ms" = 7 * local.day_ms } }
    labels       = { partitions = 12, configs = { "cleanup.policy" = "compact", "retention.ms" = -1 } }
    decisions    = { partitions = 24, configs = { "cleanup.policy" = "delete", "retention.ms" = 30 * local.day_ms } }
    dead-letters = { partitions = 3, configs = { "cleanup.policy" = "delete", "retention.ms" = 30 * local.day_ms } }
  }
}
