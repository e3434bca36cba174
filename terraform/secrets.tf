# Places of secrets that belong to no store: who puts which value there, runbooks/key-rotation.md says. The stores' own are
# made beside them (modules cache and database).
locals {
  secrets = {
    grafana = "Grafana's first user"
    keys    = "Keys by which personal data become tokens"
    signing = "Key that signs model versions, and its public half"
  }
}

module "secrets_key" {
  source     = "./modules/key"
  name       = local.name
  account_id = var.account_id
  purpose    = "secrets"
  tags       = local.tags
}

resource "aws_secretsmanager_secret" "this" {
  #checkov:skip=CKV2_AWS_57:No rotation of AWS knows these: tokens would change their meaning, and old signatures must still verify
  for_each                = local.secrets
  name                    = "${local.product}/${each.key}"
  description             = each.value
  kms_key_id              = module.secrets_key.arn
  recovery_window_in_days = 30
  tags                    = local.tags
}
