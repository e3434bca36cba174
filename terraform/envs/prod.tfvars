# Prod: three zones, standbys, copies in another region, model versions that nobody can delete for five years.
environment        = "prod"
account_id         = "333333333333"
owner              = "fraud-platform"
cost_center        = "risk-4100"
emails             = ["fraud-platform@example.com"]
monthly_budget_usd = 11000
github             = { repository = "pixguard/pixguard", environment = "prod" }
replica_region     = "us-east-1"
network            = { cidr = "10.22.0.0/16", zones = ["sa-east-1a", "sa-east-1b", "sa-east-1c"], nat_per_zone = true }

cluster = {
  version        = "1.33"
  administrators = ["arn:aws:iam::333333333333:role/platform-engineers"]
  viewers        = ["arn:aws:iam::333333333333:role/ml-engineers"]
  node_groups = {
    serving = { instance_types = ["m7g.2xlarge"], min = 3, desired = 6, max = 12 }
    spark = {
      instance_types = ["r7g.2xlarge", "r6g.2xlarge", "m7g.4xlarge"]
      capacity_type  = "SPOT"
      min            = 0
      desired        = 3
      max            = 20
      disk_gib       = 200
      taints         = { "pixguard.io/spot" = { value = "true" } }
    }
    gpu = {
      instance_types = ["g5.xlarge"]
      ami_type       = "AL2023_x86_64_NVIDIA"
      min            = 0
      desired        = 0
      max            = 2
      taints         = { "nvidia.com/gpu" = { value = "present" } }
    }
  }
}

model_lock = { mode = "COMPLIANCE", days = 1827 }
streaming  = { broker = { type = "kafka.m7g.xlarge", count = 3, disk_gib = 1000 } }
database   = { instance_class = "db.r7g.large", storage_gib = { start = 200, max = 1000 }, multi_az = true, backup_days = 35 }
cache      = { node_type = "cache.r7g.xlarge", nodes = 3 }
