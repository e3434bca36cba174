# The predictor reads, the stream writes, nobody flushes. A user is only made with a password: without one AWS refuses it.
locals {
  access = {
    predictor = "on ~* -@all +@read +@connection -@dangerous"
    stream    = "on ~* -@all +@read +@write +@transaction +@connection -@dangerous"
  }
}

resource "aws_elasticache_user" "this" {
  for_each             = local.access
  user_id              = "${var.name}-${each.key}"
  user_name            = each.key
  engine               = "valkey"
  access_string        = each.value
  passwords_wo         = lookup(var.passwords, each.key, null)
  passwords_wo_version = var.password_version
  tags                 = var.tags
}

resource "aws_elasticache_user_group" "this" {
  user_group_id = var.name
  engine        = "valkey"
  user_ids      = [for user in aws_elasticache_user.this : user.user_id]
  tags          = var.tags
}

# The addresses with their passwords, for the pods that need them: runbooks/key-rotation.md puts them here, before it gives
# the passwords to ElastiCache.
resource "aws_secretsmanager_secret" "user" {
  #checkov:skip=CKV2_AWS_57:Rotated by runbooks/key-rotation.md together with the user it belongs to
  for_each                = local.secrets
  name                    = each.value
  description             = "Address of Valkey with the password of ${each.key}"
  kms_key_id              = module.key.arn
  recovery_window_in_days = 30
  tags                    = var.tags
}

locals {
  product = split("-", var.name)[0]
  secrets = { predictor = "${local.product}/serving", stream = "${local.product}/streaming" }
}
