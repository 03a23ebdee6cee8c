"""GetMorePage: what is to be had on the hub. Nothing is asked of the network before the artist presses a button."""

from __future__ import annotations

from PySide6.QtCore import Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QScrollArea, QVBoxLayout, QWidget

from sdpaint.checkpoints.catalogue import Offer, read_catalogue
from sdpaint.checkpoints.component import Architecture
from sdpaint.checkpoints.download import folder_name
from sdpaint.checkpoints.hub import DEFAULT_ENDPOINT
from sdpaint.checkpoints.repo_files import check_repo_id
from sdpaint.controllers.downloads_controller import DownloadsController
from sdpaint.controllers.samples_controller import SamplesController
from sdpaint.errors import CheckpointError
from sdpaint.gui.dialogs.base import Form
from sdpaint.gui.manager.details import WIDTH
from sdpaint.gui.manager.offers import OfferList, offer_line
from sdpaint.gui.manager.query import KIND_NAMES
from sdpaint.gui.manager.samples import SamplesPane
from sdpaint.gui.manager.transfers import TransferList
from sdpaint.gui.theme import SPACE
from sdpaint.gui.widgets.combo_box import ComboBox
from sdpaint.gui.widgets.controls import describe, icon_button, label, push_button
from sdpaint.paths import user_checkpoint_dir
from sdpaint.settings.store import SettingsStore


class GetMorePage(QWidget):
    """The catalogue, any repository by hand, and the downloads."""

    show_asked = Signal(object)
    """Path of what was downloaded."""

    def __init__(
        self, downloads: DownloadsController, samples: SamplesController, settings: SettingsStore
    ) -> None:
        super().__init__()
        self._downloads = downloads
        self._named = ""
        self.samples = SamplesPane(samples, self._open_page)
        self._settings = settings
        self._build()
        downloads.failed.connect(lambda error: self._say(str(error)))
        downloads.finished.connect(lambda _target, _title: self._refresh())
        self._refresh()
        self.offers.choose(self.offers.offers[0])
        downloads.restore()

    # -- building

    def _build(self) -> None:
        self._repo = QLineEdit()
        describe(
            self._repo, "repoEdit", "Repository", "owner/name of one on the hub, or the address of its page"
        )
        self._repo.setPlaceholderText("Any repository: owner/name")
        self._repo.setClearButtonEnabled(True)
        self._repo.returnPressed.connect(self._fetch_named)
        fetch = push_button("repoDownload", "Download", self._fetch_named, "Download this repository")
        look = push_button(
            "repoSamples", "Show samples", self._look_at_named, "Asks the hub for pictures of this repository"
        )
        connection = icon_button(
            "connectionButton", "settings", "Connection", self._ask_connection, "Token, mirror and proxy"
        )
        self._kind = ComboBox("offerKind", "Kind", "What it is")
        self._kind.addItem("All kinds", None)
        for kind in dict.fromkeys(offer.kind for offer in read_catalogue()):
            self._kind.addItem(KIND_NAMES[kind], kind)
        self._family = ComboBox("offerFamily", "Family", "Whose weights they are")
        self._family.addItem("All families", None)
        families = {offer.family for offer in read_catalogue()}
        for family in Architecture:
            if family in families:
                self._family.addItem(family.value, family)
        for combo in (self._kind, self._family):
            combo.currentIndexChanged.connect(lambda _row: self._refresh())
        top = QHBoxLayout()
        top.setSpacing(SPACE)
        for widget in (self._kind, self._family):
            top.addWidget(widget)
        top.addWidget(self._repo, 1)
        for button in (look, fetch, connection):
            top.addWidget(button)
        self.offers = OfferList()
        self.offers.chosen.connect(self._show_offer)
        self.offers.download_asked.connect(self._fetch_offer)
        middle = QHBoxLayout()
        middle.setSpacing(2 * SPACE)
        middle.addWidget(self.offers, 1)
        middle.addWidget(self._build_about())
        self._problem = label("", "warning")
        self._problem.setObjectName("getMoreProblem")
        self._problem.setWordWrap(True)
        self._problem.hide()
        self.transfers = TransferList(self._downloads, self.show_asked.emit, self._open_page_of)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2 * SPACE)
        layout.addLayout(top)
        layout.addWidget(self._problem)
        layout.addLayout(middle, 1)
        layout.addWidget(self.transfers)

    def _build_about(self) -> QWidget:
        self._name, self._line, self._about, self._facts, self._dated = (
            label("", role) for role in ("title", "small", "", "", "small")
        )
        self._facts.setObjectName("offerFacts")
        self._page_button = push_button(
            "offerPage", "Its page", self._open_page, "Open its page on the hub in the browser: pictures, licence"
        )
        self._download = push_button("offerDownload", "Download", self._fetch_offer, "Download", "primary")
        inside = QWidget()
        layout = QVBoxLayout(inside)
        layout.setContentsMargins(2 * SPACE, 0, 2 * SPACE, 0)
        layout.setSpacing(2 * SPACE)
        for words in (self._name, self._line, self._about, self._facts):
            words.setWordWrap(True)
            layout.addWidget(words)
        buttons = QHBoxLayout()
        buttons.setSpacing(SPACE)
        buttons.addWidget(self._download, 1)
        buttons.addWidget(self._page_button)
        layout.addLayout(buttons)
        layout.addWidget(self.samples)
        self._dated.setWordWrap(True)
        layout.addWidget(self._dated)
        layout.addStretch(1)
        area = QScrollArea()
        area.setObjectName("offerAbout")
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(inside)
        area.setFixedWidth(WIDTH)
        return area

    # -- showing

    def _refresh(self) -> None:
        kind, family = self._kind.currentData(), self._family.currentData()
        offers = tuple(
            offer for offer in read_catalogue() if kind in (None, offer.kind) and family in (None, offer.family)
        )
        done = {each.target: each.files for each in self._downloads.transfers if each.target is not None}
        had = frozenset(
            offer for offer in offers if done.get(user_checkpoint_dir() / folder_name(offer.repo)) == offer.files
        )
        self.offers.show_offers(offers, had)
        self._show_offer(self.offers.offer)

    def _show_offer(self, offer: Offer | None) -> None:
        """All about an offer; None: about the repository that was named by hand, if any."""
        if offer is not None:
            self._named = ""
        repo = self._named if offer is None else offer.repo
        self._download.setEnabled(bool(repo))
        self._page_button.setEnabled(bool(repo))
        self.samples.show_repo(repo)
        for words in (self._line, self._about, self._facts, self._dated):
            words.setVisible(offer is not None)
        if offer is None:
            self._name.setText(repo)
            return
        self._name.setText(offer.name)
        self._line.setText(offer_line(offer))
        self._about.setText(f"{offer.about}.")
        size = "Its size is asked before it begins" if offer.size_gb is None else f"About {offer.size_gb:g} GB to fetch"
        room = (
            f"; takes about {offer.vram_gb:g} GB of a GPU, or less and longer with parts kept in main memory"
            if offer.vram_gb is not None
            else ""
        )
        gate = " The hub may ask to accept its licence first, and for your token." if offer.may_be_gated else ""
        self._facts.setText(f"{size}{room}.{gate}")
        self._dated.setText(f"{offer.repo}\nAs of {offer.date}; its page is what counts")

    def _say(self, words: str) -> None:
        self._problem.setText(words)
        self._problem.setVisible(bool(words))

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._say("")

    # -- doing

    def _fetch_offer(self) -> None:
        offer = self.offers.offer
        self._say("")
        if offer is not None:
            self._downloads.start(offer.repo, offer.files, offer.name)
        elif self._named:
            self._downloads.start(self._named)

    def _fetch_named(self) -> None:
        self._say("")
        self._downloads.start(self._typed())

    def _look_at_named(self) -> None:
        """Show what was typed as if it were an offer, with its pictures."""
        try:
            repo = check_repo_id(self._typed())
        except CheckpointError as error:
            self._say(str(error))
            return
        self._say("")
        self._named = repo
        self.offers.clearSelection()
        self._show_offer(None)
        self.samples.fetch()

    def _typed(self) -> str:
        """owner/name, where something like it was typed."""
        # People copy the address out of the browser.
        text = self._repo.text().strip().removeprefix(f"{self._endpoint()}/").rstrip("/")
        owner, _, name = text.partition("/")
        return f"{owner}/{name.split('/')[0]}" if name else text

    def _endpoint(self) -> str:
        return self._settings.settings.hub_endpoint.strip().rstrip("/") or DEFAULT_ENDPOINT

    def _open_page(self) -> None:
        offer = self.offers.offer
        self._open_page_of(self._named if offer is None else offer.repo)

    def _open_page_of(self, repo: str) -> None:
        QDesktopServices.openUrl(QUrl(f"{self._endpoint()}/{repo}"))

    def _ask_connection(self) -> None:
        ConnectionDialog(self.window(), self._downloads, self._settings).open()


class ConnectionDialog(Form):
    """Token, mirror and proxy."""

    def __init__(self, parent: QWidget, downloads: DownloadsController, settings: SettingsStore) -> None:
        super().__init__(parent, "connectionDialog", "Connection to the hub", "Apply")
        self._downloads = downloads
        self._settings = settings
        self._token = QLineEdit()
        describe(self._token, "tokenEdit", "Token", "Of your account on the hub, where a licence has to be accepted")
        self._token.setEchoMode(QLineEdit.EchoMode.Password)
        self._token.setPlaceholderText("Looking into the keyring…")
        self._forget = push_button("tokenForget", "Forget", self._forget_token, "Take the token out of the keyring")
        self._forget.setEnabled(False)
        row = QHBoxLayout()
        row.addWidget(self._token, 1)
        row.addWidget(self._forget)
        present = settings.settings
        self._mirror = QLineEdit(present.hub_endpoint)
        describe(self._mirror, "mirrorEdit", "Mirror", "Address of a mirror of the hub")
        self._mirror.setPlaceholderText(DEFAULT_ENDPOINT)
        self._proxy = QLineEdit(present.hub_proxy)
        describe(self._proxy, "proxyEdit", "Proxy", "Such as http://host:3128")
        self._proxy.setPlaceholderText("As the system says")
        self.add_row("Token", row, "Kept in the keyring of the system and nowhere else")
        self.add_row("Mirror", self._mirror)
        self.add_row("Proxy", self._proxy)
        self.setMinimumWidth(440)
        self.accepted.connect(self._apply)
        downloads.token_known.connect(self._show_token)
        downloads.look_for_token()

    def _show_token(self, is_there: bool) -> None:
        self._token.setPlaceholderText("One is kept; type another to replace it" if is_there else "None")
        self._forget.setEnabled(is_there)

    def _forget_token(self) -> None:
        self._token.clear()
        self._downloads.set_token("")

    def _apply(self) -> None:
        if self._token.text().strip():
            self._downloads.set_token(self._token.text())
        self._settings.change(hub_endpoint=self._mirror.text().strip(), hub_proxy=self._proxy.text().strip())
