# The same road as GitHub's workflows, for those whose code and builds must stay inside AWS: the stages run the same make
# targets (.aws/buildspec-*.yml), a person approves, and an alarm takes the release back.
resource "aws_codepipeline" "this" {
  name           = var.name
  role_arn       = aws_iam_role.pipeline.arn
  pipeline_type  = "V2"
  execution_mode = "QUEUED"
  tags           = var.tags

  artifact_store {
    type     = "S3"
    location = var.artifacts.bucket

    encryption_key {
      type = "KMS"
      id   = var.artifacts.key_arn
    }
  }

  stage {
    name = "Source"

    action {
      name             = "Source"
      category         = "Source"
      owner            = "AWS"
      provider         = "CodeStarSourceConnection"
      version          = "1"
      output_artifacts = ["source"]
      configuration = {
        ConnectionArn        = aws_codeconnections_connection.this.arn
        FullRepositoryId     = var.repository.id
        BranchName           = var.repository.branch
        OutputArtifactFormat = "CODEBUILD_CLONE_REF"
        DetectChanges        = "true"
      }
    }
  }

  stage {
    name = "Test"

    action {
      name            = "Test"
      category        = "Test"
      owner           = "AWS"
      provider        = "CodeBuild"
      version         = "1"
      input_artifacts = ["source"]
      configuration   = { ProjectName = aws_codebuild_project.this["test"].name }
    }
  }

  stage {
    name = "Images"

    action {
      name             = "Images"
      category         = "Build"
      owner            = "AWS"
      provider         = "CodeBuild"
      version          = "1"
      input_artifacts  = ["source"]
      output_artifacts = ["images"]
      configuration    = { ProjectName = aws_codebuild_project.this["images"].name }
    }
  }

  stage {
    name = "Approve"

    action {
      name     = "Approve"
      category = "Approval"
      owner    = "AWS"
      provider = "Manual"
      version  = "1"
      configuration = {
        NotificationArn = var.approval_topic_arn
        CustomData      = "Promote this commit's images to ${var.environment}. Look at the tests' reports and the scan before."
      }
    }
  }

  stage {
    name = "Promote"

    action {
      name            = "Promote"
      category        = "Build"
      owner           = "AWS"
      provider        = "CodeBuild"
      version         = "1"
      input_artifacts = ["source", "images"]
      configuration = {
        ProjectName   = aws_codebuild_project.this["promote"].name
        PrimarySource = "source"
        EnvironmentVariables = jsonencode([
          { name = "RELEASE", value = "#{codepipeline.PipelineExecutionId}", type = "PLAINTEXT" },
        ])
      }
    }

    # Back to the last release that passed: when the promotion fails, and when the alarm rings while it is watched.
    on_failure {
      result = "ROLLBACK"
    }
    on_success {
      condition {
        result = "ROLLBACK"

        rule {
          name     = "Watch"
          role_arn = aws_iam_role.pipeline.arn
          configuration = {
            AlarmName = var.rollback_alarm_name
            WaitTime  = tostring(var.watch_minutes)
          }

          rule_type_id {
            category = "Rule"
            owner    = "AWS"
            provider = "CloudWatchAlarm"
            version  = "1"
          }
        }
      }
    }
  }
}

# Its owner confirms it once by hand (runbooks/bootstrap.md): until then it gives nothing.
resource "aws_codeconnections_connection" "this" {
  name          = var.name
  provider_type = var.repository.provider
  tags          = var.tags
}
