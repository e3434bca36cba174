# Scanned again whenever a new vulnerability becomes known, not only when pushed.
resource "aws_ecr_registry_scanning_configuration" "this" {
  scan_type = "ENHANCED"

  rule {
    scan_frequency = "CONTINUOUS_SCAN"

    repository_filter {
      filter      = "${local.prefix}/*"
      filter_type = "WILDCARD"
    }
  }
}

resource "aws_ecr_replication_configuration" "this" {
  count = var.replica_region == null ? 0 : 1

  replication_configuration {
    rule {
      destination {
        region      = var.replica_region
        registry_id = var.account_id
      }

      repository_filter {
        filter      = "${local.prefix}/"
        filter_type = "PREFIX_MATCH"
      }
    }
  }
}
