"""The serving process of one model version: a payment in; a decision, its reasons and a log record out.

`scorer` is the core and knows no protocol; `rest`, `grpc` and `v2` speak for it; `server` starts and ends the process.
Imports neither Spark, MLflow, KFP, Feast nor torch.
"""
