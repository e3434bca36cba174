# Dev builds the images that every environment runs, and costs little: one NAT gateway, small stores, Spark on spot.
environment           = "dev"
account_id            = "111111111111"
owner                 = "fraud-platform"
cost_center           = "risk-4100"
emails                = ["fraud-platform@example.com"]
monthly_budget_usd    = 1400
github                = { repository = "pixguard/pixguard", environment = "dev" }
image_reader_accounts = ["222222222222", "333333333333"]
network               = { cidr = "10.20.0.0/16", zones = ["sa-east-1a", "sa-east-1b"], nat_per_zone = false }

cluster = {
  version        = "1.33"
  administrators = ["arn:aws:iam::111111111111:role/platform-engineers"]
  viewers        = ["arn:aws:iam::111111111111:role/ml-engineers"]
  node_groups = {
    serving = { instance_types = ["m7g.large"], min = 2, desired = 2, max = 4 }
    spark = {
      instance_types = ["m7g.xlarge", "m6g.xlarge", "r7g.xlarge"]
      capacity_type  = "SPOT"
      min            = 0
      desired        = 1
      max            = 4
      taints         = { "pixguard.io/spot" = { value = "true" } }
    }
    gpu = {
      instance_types = ["g5.xlarge"]
      ami_type       = "AL2023_x86_64_NVIDIA"
      min            = 0
      desired        = 0
      max            = 1
      taints         = { "nvidia.com/gpu" = { value = "present" } }
    }
  }
}

model_lock = { mode = "GOVERNANCE", days = 7 }
streaming  = { broker = { type = "kafka.t3.small", count = 2, disk_gib = 50 } }
database   = { instance_class = "db.t4g.medium", storage_gib = { start = 50, max = 200 }, multi_az = false, backup_days = 7 }
cache      = { node_type = "cache.t4g.medium", nodes = 2 }
