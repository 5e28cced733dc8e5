"""The secret of the keyed hash, read once per process."""

from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from lambdas.shared.failures import translate

if TYPE_CHECKING:
    from lambdas.shared.clients import SecretsClient


def mask_key(client: "SecretsClient", secret_arn: str) -> bytes:
    """The secret's value, as bytes.

    Raises:
        RetryableError: if Secrets Manager throttles or cannot be reached.
        DependencyError: if it refuses.
    """
    try:
        secret = client.get_secret_value(SecretId=secret_arn)
    except (ClientError, BotoCoreError) as exc:
        raise translate(exc, doing="reading the mask key") from exc
    return bytes(secret["SecretBinary"]) if "SecretBinary" in secret else str(secret["SecretString"]).encode()
