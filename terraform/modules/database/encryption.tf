module "key" {
  source     = "../key"
  name       = var.name
  account_id = var.account_id
  purpose    = "database"
  tags       = var.tags
}

# The backups' copy in another region, under a key that lives there.
module "replica_key" {
  source     = "../key"
  count      = var.replica_region == null ? 0 : 1
  name       = var.name
  account_id = var.account_id
  purpose    = "database-replica"
  region     = var.replica_region
  tags       = var.tags
}

resource "aws_db_instance_automated_backups_replication" "this" {
  count                  = var.replica_region == null ? 0 : 1
  source_db_instance_arn = aws_db_instance.this.arn
  kms_key_id             = module.replica_key[0].arn
  retention_period       = var.backup_days
  region                 = var.replica_region
}
