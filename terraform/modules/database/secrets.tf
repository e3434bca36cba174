# One secret an application. Terraform makes the place; runbooks/key-rotation.md puts the value there, so that no password
# is ever in a state or a plan.
resource "aws_secretsmanager_secret" "application" {
  #checkov:skip=CKV2_AWS_57:Rotated by runbooks/key-rotation.md: the password changes in PostgreSQL and here in one step, which no AWS rotation does for these users
  for_each                = var.applications
  name                    = "${local.product}/${each.key}"
  description             = "Password of ${each.key} in PostgreSQL"
  kms_key_id              = module.key.arn
  recovery_window_in_days = 30
  tags                    = var.tags
}

locals {
  product = split("-", var.name)[0]
}
