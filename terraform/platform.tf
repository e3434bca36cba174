module "network" {
  source               = "./modules/network"
  name                 = local.name
  account_id           = var.account_id
  region               = var.region
  cidr                 = var.network.cidr
  zones                = var.network.zones
  nat_per_zone         = var.network.nat_per_zone
  permissions_boundary = local.permissions_boundary
  tags                 = local.tags
}

module "cluster" {
  source             = "./modules/cluster"
  name               = local.name
  account_id         = var.account_id
  region             = var.region
  kubernetes_version = var.cluster.version
  subnet_ids         = module.network.private_subnet_ids
  administrators     = var.cluster.administrators
  viewers            = var.cluster.viewers
  node_groups        = var.cluster.node_groups
  tags               = local.tags
}

module "registry" {
  source          = "./modules/registry"
  name            = local.name
  account_id      = var.account_id
  region          = var.region
  repositories    = ["pixguard-serve", "pixguard-spark", "pixguard-train"]
  reader_accounts = var.image_reader_accounts
  replica_region  = var.replica_region
  tags            = local.tags
}

module "observability" {
  source              = "./modules/observability"
  name                = local.name
  account_id          = var.account_id
  region              = var.region
  log_groups          = ["pixguard", "pixguard-monitoring", "pixguard-pipelines", "pixguard-streaming"]
  emails              = var.emails
  monthly_budget_usd  = var.monthly_budget_usd
  database_identifier = module.database.identifier
  kafka_cluster_name  = module.streaming.cluster_name
  cache_node_ids      = module.cache.node_ids
  tags                = local.tags
}
