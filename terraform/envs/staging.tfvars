# Staging is prod in shape, smaller in size: what works here works there.
environment        = "staging"
account_id         = "222222222222"
owner              = "fraud-platform"
cost_center        = "risk-4100"
emails             = ["fraud-platform@example.com"]
monthly_budget_usd = 4000
github             = { repository = "pixguard/pixguard", environment = "staging" }

network = { cidr = "10.21.0.0/16", zones = ["sa-east-1a", "sa-east-1b", "sa-east-1c"], nat_per_zone = true }

cluster = {
  version        = "1.33"
  administrators = ["arn:aws:iam::222222222222:role/platform-engineers"]
  viewers        = ["arn:aws:iam::222222222222:role/ml-engineers"]
  node_groups = {
    serving = { instance_types = ["m7g.xlarge"], min = 3, desired = 3, max = 12 }
    spark = {
      instance_types = ["r7g.2xlarge", "r6g.2xlarge", "m7g.4xlarge"]
      capacity_type  = "SPOT"
      min            = 0
      desired        = 1
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

model_lock = { mode = "GOVERNANCE", days = 30 }
streaming  = { broker = { type = "kafka.m7g.large", count = 3, disk_gib = 200 } }
database   = { instance_class = "db.t4g.large", storage_gib = { start = 100, max = 500 }, multi_az = true, backup_days = 14 }
cache      = { node_type = "cache.r7g.large", nodes = 2 }
