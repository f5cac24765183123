from pipeline.modeling.models import Model, identity, revision


def test_a_local_folder_is_known_by_what_is_in_it(tmp_path):
    folder, other = tmp_path / "model", tmp_path / "other"
    for place in (folder, other):
        (place / "sub").mkdir(parents=True)
        (place / "config.json").write_text("{}")
        (place / "sub" / "weights.bin").write_bytes(b"\x00" * 100)
    model = Model(name=str(folder))
    first = identity(model)
    assert first.startswith(f"{folder}#")
    assert identity(model) == first
    assert identity(Model(name=str(other))).split("#")[1] == first.split("#")[1]
    (folder / "sub" / "weights.bin").write_bytes(b"\x01" * 100)
    assert identity(model) != first
    (folder / "sub" / "weights.bin").write_bytes(b"\x00" * 100)
    assert identity(model) == first
    (folder / "sub" / "weights.bin").rename(folder / "weights.bin")
    assert identity(model) != first


def test_a_file_a_hub_name_and_a_package(tmp_path):
    file = tmp_path / "m.gguf"
    file.write_bytes(b"one")
    one = identity(Model(name=str(file)))
    file.write_bytes(b"two!")
    assert identity(Model(name=str(file))) != one
    for model in (Model(name="org/name", revision="abc"), Model(name="f/m", package="p==1", sha256="0")):
        assert identity(model) == revision(model)
