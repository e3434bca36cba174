mock_provider "aws" {
  mock_resource "aws_kms_key" {
    override_during = plan
    defaults        = { arn = "arn:aws:kms:sa-east-1:111122223333:key/11111111-2222-3333-4444-555555555555" }
  }
  mock_resource "aws_sns_topic" {
    override_during = plan
    defaults        = { arn = "arn:aws:sns:sa-east-1:111122223333:pixguard-test-alarms" }
  }
}

variables {
  name                = "pixguard-test"
  account_id          = "111122223333"
  region              = "sa-east-1"
  log_groups          = ["pixguard", "pixguard-pipelines"]
  emails              = ["fraud-platform@example.com"]
  monthly_budget_usd  = 1500
  database_identifier = "pixguard-test"
  kafka_cluster_name  = "pixguard-test"
  cache_node_ids      = ["pixguard-test-001", "pixguard-test-002"]
  tags                = { Project = "pixguard", Environment = "test", Owner = "risk", CostCenter = "1234" }
}

run "logs_are_kept_a_year_under_our_key" {
  command = plan

  assert {
    condition = alltrue([
      for group in concat(values(aws_cloudwatch_log_group.workload), [aws_cloudwatch_log_group.prometheus]) :
      group.retention_in_days >= 365 && group.kms_key_id == module.key.arn
    ])
    error_message = "Every log group is kept a year and encrypted under our key."
  }
}

run "every_alarm_reaches_somebody_and_silence_is_an_alarm" {
  command = plan

  assert {
    condition     = length(aws_cloudwatch_metric_alarm.store) == 8
    error_message = "Four alarms for the stores and two for each node of the cache."
  }
  assert {
    condition     = alltrue([for alarm in aws_cloudwatch_metric_alarm.store : length(alarm.alarm_actions) == 1 && alarm.treat_missing_data == "breaching"])
    error_message = "A store that says nothing is as bad as one that complains."
  }
  assert {
    condition     = aws_cloudwatch_metric_alarm.store["kafka-controller"].comparison_operator == "LessThanThreshold" && aws_cloudwatch_metric_alarm.store["database-cpu"].threshold == 90
    error_message = "An alarm must look the right way."
  }
}

run "a_message_on_the_rollback_topic_is_an_alarm_and_silence_is_not" {
  command = plan

  assert {
    condition     = aws_cloudwatch_metric_alarm.rollback.dimensions.TopicName == aws_sns_topic.this["rollback"].name && aws_cloudwatch_metric_alarm.rollback.treat_missing_data == "notBreaching"
    error_message = "The release's alarm listens to the rollback topic."
  }
}

run "topics_are_encrypted_and_take_only_this_accounts_messages" {
  command = plan

  assert {
    condition     = alltrue([for topic in aws_sns_topic.this : topic.kms_master_key_id == module.key.arn])
    error_message = "Topics are encrypted under our key."
  }
  assert {
    condition = alltrue(flatten([
      for policy in aws_sns_topic_policy.this : [
        for statement in jsondecode(policy.policy).Statement :
        statement.Condition.StringEquals["aws:SourceAccount"] == "111122223333" if statement.Effect == "Allow"
      ]
    ]))
    error_message = "Another account must not be able to ring our bells."
  }
}

run "money_is_watched" {
  command = plan

  assert {
    condition     = aws_budgets_budget.month.limit_amount == "1500" && length(aws_budgets_budget.month.notification) == 2
    error_message = "The month's budget with two notifications."
  }
  assert {
    condition     = one(one(aws_budgets_budget.month.cost_filter).values) == "user:Environment$test"
    error_message = "The budget counts this environment alone."
  }
}

run "alarms_that_nobody_hears_are_refused" {
  command = plan

  variables {
    emails = []
  }

  expect_failures = [var.emails]
}
