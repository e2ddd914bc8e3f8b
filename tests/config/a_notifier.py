"""A third party's notifier, as small as one can be."""

from gateway.notifier import Notifier, NotifierSettings, Receipt
from gateway.settings.secrets import Secret


class PostSettings(NotifierSettings):
    door: str
    password: Secret | None = None


class Post(Notifier):
    Settings = PostSettings

    async def send(self, notification):
        return Receipt(notification.id)


NOTIFIER = Post
