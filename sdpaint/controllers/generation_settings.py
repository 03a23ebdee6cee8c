"""GenerationSettings: what will be generated, as the artist has set it and as the document says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from sdpaint.checkpoints.adapters import vae_named
from sdpaint.checkpoints.catalog import dedicated_to_inpainting
from sdpaint.checkpoints.identify import CheckpointInfo
from sdpaint.checkpoints.vaes import VaeInfo
from sdpaint.controllers.document_controller import DocumentController
from sdpaint.controllers.prompt_resources import PromptResources
from sdpaint.errors import SdPaintError, SettingsError
from sdpaint.generation.cost import CostBook, Estimate, work_of
from sdpaint.generation.mode import effective_mode
from sdpaint.generation.params import GenerationParams
from sdpaint.generation.planning import Outlook, effective_strength, outlook_on
from sdpaint.generation.recipe import Recipe
from sdpaint.generation.request import GenerationMode, GenerationRequest, SamplingParams, is_fill_alone
from sdpaint.generation.result import Result
from sdpaint.imaging.tiles import TileMap
from sdpaint.paths import starter_checkpoint


class GenerationSettings(QObject):
    """Params, checkpoints and mode. The base of GenerationController, which adds jobs and results."""

    params_changed = Signal(object)
    """GenerationParams."""
    checkpoints_changed = Signal()
    vae_chosen = Signal()
    """`own_vaes` differ."""
    mode_changed = Signal(object)
    """GenerationMode that generate() would use."""
    outlook_changed = Signal(object)
    """Outlook, or None."""
    failed = Signal(object)
    """SdPaintError. The document is as it was."""

    def __init__(
        self,
        documents: DocumentController,
        checkpoint: CheckpointInfo | None,
        checkpoints: tuple[CheckpointInfo, ...],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._documents = documents
        self.prompt_resources = PromptResources()
        self._checkpoints = checkpoints
        self._vaes: tuple[VaeInfo, ...] = ()
        self.own_vaes: dict[str, Path] = {}
        """Checkpoint → the VAE that the artist wants with it."""
        self._params = initial_params(checkpoint)
        self._mode = effective_mode(documents.committed, None)
        self._costs = CostBook()
        self._inpaint_controls: Mapping[Path, str] = {}
        self._outlook: Outlook | None = None
        self._outlook_of: tuple[object, ...] = ()
        self._refresh_outlook()
        documents.document_changed.connect(self._refresh_mode)
        # A stroke that is committed as it was previewed changes no document, only the history.
        documents.history_changed.connect(self._refresh_mode)

    @property
    def params(self) -> GenerationParams:
        """Prompt, checkpoint, sampling, mode."""
        return self._params

    @property
    def mode(self) -> GenerationMode:
        """What generate() would do now."""
        return self._mode

    @property
    def outlook(self) -> Outlook | None:
        """What inpainting or expanding would see and change now; None in other modes."""
        return self._outlook

    @property
    def checkpoints(self) -> tuple[CheckpointInfo, ...]:
        """What can be chosen."""
        return self._checkpoints

    @property
    def vaes(self) -> tuple[VaeInfo, ...]:
        """Autoencoders that can take the place of that of the chosen checkpoint."""
        info = self.info_of(self._params.checkpoint)
        return () if info is None else tuple(vae for vae in self._vaes if vae.fits(info))

    @property
    def estimate(self) -> Estimate | None:
        """What inpainting or expanding would cost now; None in other modes, and before anything was measured."""
        params = self._params
        info = self.info_of(params.checkpoint)
        if self._outlook is None or info is None or is_fill_alone(self._mode, params.fill):
            return None
        work = work_of(self._outlook.plan, params.sampling, effective_strength(self._mode, params, info))
        return self._costs.estimate(str(params.checkpoint), *work)

    def set_checkpoints(self, checkpoints: tuple[CheckpointInfo, ...]) -> None:
        """The folders were scanned anew."""
        self._checkpoints = checkpoints
        self.checkpoints_changed.emit()
        self._refresh_mode()

    def set_vaes(self, vaes: Iterable[VaeInfo]) -> None:
        """The folders were scanned anew."""
        self._vaes = tuple(sorted(vaes, key=lambda vae: vae.name.casefold()))
        self._take(replace(self._params, vae=self._known_vae(self._params.vae)))
        self.checkpoints_changed.emit()

    def choose_vae(self, path: Path | None) -> None:
        """Use this VAE with the chosen checkpoint from now on; None: its own."""
        self.set_params(vae=path)
        checkpoint = str(self._params.checkpoint)
        self.own_vaes.pop(checkpoint, None)
        if path is not None:
            self.own_vaes[checkpoint] = path
        self.vae_chosen.emit()

    def _known_vae(self, path: Path | None) -> Path | None:
        """A VAE by its name; as it is where it isn't installed."""
        known = None if path is None else vae_named(path.name, self._vaes)
        return path if known is None else known.path

    def set_params(self, **changes: Any) -> None:
        """Replace fields of the params. Another checkpoint brings its own sampler, steps and guidance scale.

        Values that can't be are reported by `failed` and change nothing.
        """
        if "checkpoint" in changes and changes["checkpoint"] != self._params.checkpoint:
            info = self.info_of(changes["checkpoint"])
            if info is not None and "sampling" not in changes:
                changes["sampling"] = recommended(self._params.sampling, info)
            changes.setdefault("vae", self.own_vaes.get(str(changes["checkpoint"])))
        self._take(replace(self._params, **changes))

    def set_sampling(self, **changes: Any) -> None:
        """Replace fields of the sampling params. Values that can't be are reported by `failed` and change nothing."""
        try:
            sampling = replace(self._params.sampling, **changes)
        except SdPaintError as error:
            self.failed.emit(error)
            return
        # What was mixed into the noise of one seed would make nothing that is known of another.
        kept = self._params.variations if sampling.seed == self._params.sampling.seed else ()
        self._take(replace(self._params, sampling=sampling, variations=kept))

    def restore(self, params: GenerationParams) -> None:
        """Params as a file holds them. A checkpoint that isn't installed here is passed over."""
        known = self.info_of(params.checkpoint) is not None
        params = replace(params, vae=self._known_vae(params.vae))
        self._take(params if known else replace(params, checkpoint=self._params.checkpoint))

    def use_settings(self, result: Result) -> None:
        """Prompt, sampling and seed of a result back into the params."""
        request = result.alone
        sampling = replace(request.sampling, seed=result.seed, count=self._params.sampling.count)
        restored = replace(
            self._params,
            prompt=request.prompt,
            negative_prompt=request.negative_prompt,
            checkpoint=request.checkpoint,
            sampling=sampling,
            fill=request.fill or self._params.fill,
            color_match=request.color_match,
            vae=request.vae,
            variations=request.variations,
        )
        self.restore(restored)

    def use_recipe(self, recipe: Recipe, request: GenerationRequest | None = None) -> str:
        """What a picture says of how it was made, into the params; `request`: where it says all of it.

        Returns the name of its checkpoint where that isn't installed, and the present one stays; else nothing.
        """
        name = recipe.checkpoint_name.casefold()
        known = {each: info for info in self._checkpoints for each in (info.name.casefold(), info.path.stem.casefold())}
        info = known.get(name)
        sampling = replace(recipe.sampling(self._params.sampling), count=self._params.sampling.count)
        changes: dict[str, Any] = {
            "prompt": recipe.prompt,
            "negative_prompt": recipe.negative_prompt,
            "sampling": sampling,
            "variations": recipe.variations if request is None else request.variations,
            "vae": self._known_vae(Path(recipe.vae_name)) if recipe.vae_name else None,
        }
        if info is not None:
            changes["checkpoint"] = info.path
        if request is not None:
            changes["color_match"] = request.color_match
            changes["fill"] = request.fill or self._params.fill
        self._take(replace(self._params, **changes))
        return recipe.checkpoint_name if name and info is None else ""

    def info_of(self, path: Path) -> CheckpointInfo | None:
        """The installed checkpoint at this path."""
        return next((info for info in self._checkpoints if info.path == path), None)

    def looked_up(self, params: GenerationParams) -> GenerationParams:
        """Params whose checkpoint may be a name, with its path. Raises SettingsError where none has this name."""
        if self.info_of(params.checkpoint) is not None:
            return params
        name = str(params.checkpoint).casefold()
        info = next((info for info in self._checkpoints if info.name.casefold() == name), None)
        if info is None:
            names = ", ".join(info.name for info in self._checkpoints)
            raise SettingsError(f"There is no checkpoint {params.checkpoint}", hint=f"Choose from {names}")
        return replace(params, checkpoint=info.path, vae=self.own_vaes.get(str(info.path)))

    @property
    def inpaint_helper(self) -> str:
        """The name of what inpainting or expanding would use now beside or instead of the chosen checkpoint."""
        params = self._params
        dedicated = self.inpaint_checkpoint
        if dedicated is not None:
            return dedicated.name
        helps = params.inpaint_control and self._mode.is_masked and not is_fill_alone(self._mode, params.fill)
        return self._inpaint_controls.get(params.checkpoint, "") if helps else ""

    def _take_inpaint_controls(self, names: Mapping[Path, str]) -> None:
        self._inpaint_controls = names
        self.outlook_changed.emit(self._outlook)

    @property
    def inpaint_checkpoint(self) -> CheckpointInfo | None:
        """The dedicated checkpoint that inpainting or expanding would use now instead of the chosen one, or None."""
        info = self.info_of(self._params.checkpoint)
        if info is None or not self._mode.is_masked:
            return None
        strength = effective_strength(self._mode, self._params, info)
        return dedicated_to_inpainting(info, self._checkpoints, strength)

    def _take(self, params: GenerationParams) -> None:
        if params != self._params:
            self._params = params
            self.params_changed.emit(params)
            self._refresh_mode()

    def _refresh_mode(self) -> None:
        if self._documents.document is not self._documents.committed:
            return  # a stroke is under way: its events can't wait, the button can
        mode = effective_mode(self._documents.committed, self._params.mode, self._params.grow_canvas)
        if mode is not self._mode:
            self._mode = mode
            self.mode_changed.emit(mode)
        self._refresh_outlook()

    def _refresh_outlook(self) -> None:
        document, params = self._documents.committed, self._params
        info = self.info_of(params.checkpoint)
        # A stroke on a layer changes none of these; nor does a word of the prompt.
        depends_on = (
            *(mask.tiles for mask in document.masks), tuple(mask.counts for mask in document.masks),
            document.frame, document.size, self._mode, params.sampling.strength, params.fill,
            info, params.in_passes, params.context, params.bands,
        )
        if len(depends_on) == len(self._outlook_of) and all(
            new is old or (not isinstance(new, TileMap) and new == old)
            for new, old in zip(depends_on, self._outlook_of, strict=True)
        ):
            return
        self._outlook_of = depends_on
        outlook = None if info is None else outlook_on(document, self._mode, params, info)
        if outlook != self._outlook:
            self._outlook = outlook
            self.outlook_changed.emit(outlook)


def recommended(sampling: SamplingParams, info: CheckpointInfo) -> SamplingParams:
    """The sampling params with what the checkpoint recommends."""
    return replace(
        sampling, sampler=info.sampler, steps=info.steps, guidance_scale=info.guidance_scale
    )


def initial_params(info: CheckpointInfo | None) -> GenerationParams:
    """What the window starts with. Without a checkpoint it names the starter, and generate() says that it lacks."""
    if info is None:
        return GenerationParams(checkpoint=starter_checkpoint())
    return GenerationParams(checkpoint=info.path, sampling=recommended(SamplingParams(), info))
