"""Jobs that run on AWS Glue: Spark for what one machine cannot hold."""
