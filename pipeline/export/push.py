"""The dataset folder on a hub. The only command that uses the network by itself."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from pipeline.core.errors import PipelineError, shorten
from pipeline.export.provenance import stamped


def push(folder: Path, repository: str, endpoint: str | None, public: bool, accept_licence: bool) -> str:
    """Upload the dataset folder, stamped with its commit and settings; returns the repository's address.

    The token is the one of $HF_TOKEN or of `hf auth login`; it is never printed. Unchanged files are not sent again.
    """
    card = folder / "README.md"
    if not card.is_file():
        raise PipelineError(f"{folder}: holds no exported dataset.", "Build it first: dvc repro validate")
    if public and not accept_licence and "\nlicense: other\n" in card.read_text("utf-8"):
        raise PipelineError(
            f"{card}: the most restrictive licence of the sources is none that allows publishing by name.",
            "Read 'Sources and licences' there. Push without --public, or, if you may publish, add --accept-licence.",
        )
    if endpoint:
        os.environ["HF_ENDPOINT"] = endpoint  # read once, when the client is imported; it knows only this host then
    from huggingface_hub import HfApi, get_token
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, OfflineModeIsEnabled

    token = get_token()
    if not token:
        raise PipelineError("sft export: there is no token for the hub.", "Set HF_TOKEN, or run: hf auth login")
    hub = HfApi(token=token)
    try:
        hub.create_repo(repository, repo_type="dataset", private=not public, exist_ok=True)
        with tempfile.TemporaryDirectory() as place:
            stamped(folder, Path(place))
            done = hub.upload_folder(
                repo_id=repository, repo_type="dataset", folder_path=place, commit_message="sft export"
            )
    except HFValidationError as error:
        raise PipelineError(f"sft export: {shorten(error, 200)}", "Write it as OWNER/NAME.") from None
    except OfflineModeIsEnabled:
        raise PipelineError("sft export: HF_HUB_OFFLINE forbids the network.", "Unset it for this command.") from None
    except (HfHubHTTPError, OSError) as error:
        raise PipelineError(
            f"sft export: the hub {hub.endpoint} did not take {repository}: {shorten(error, 200)}",
            "Check the address, the token's right to write, and the name. Running it again sends only what is missing.",
        ) from None
    return str(done.repo_url.url if hasattr(done.repo_url, "url") else done.repo_url)
