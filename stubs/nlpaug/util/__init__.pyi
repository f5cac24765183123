"""Names of actions."""

class Action:
    INSERT: str
    SUBSTITUTE: str
    DELETE: str
    SWAP: str
