"""Hands messages to a mail server."""

from email.message import EmailMessage

import aiosmtplib

from infra.settings import Settings


class SmtpMailer:
    """Sends over SMTP, one connection per message: messages are few and hours apart."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    async def send(self, message: EmailMessage) -> None:
        """Hand one message, which has its sender and recipients, to the mail server.

        Returning means that the server took it, not that it was delivered.

        Raises:
            aiosmtplib.SMTPException: The server refused it or didn't answer in time. Of these,
                `SMTPResponseException` and each of `SMTPRecipientsRefused.recipients` carry the
                server's code: 5xx won't change when it is repeated.
        """
        settings = self._settings
        password = settings.smtp_password
        await aiosmtplib.send(
            message,
            hostname=settings.smtp_host,
            port=settings.smtp_port,
            timeout=settings.smtp_timeout_seconds,
            use_tls=settings.smtp_tls == "tls",
            start_tls=settings.smtp_tls == "starttls",
            username=settings.smtp_username,
            password=None if password is None else password.get_secret_value(),
        )
