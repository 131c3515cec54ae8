"""Likes, answers, what owners decide and viewers prefer, what is taken care of, and which comments say the same."""

import django.db.models.deletion
import eduvideo.core.clock
from django.conf import settings
from django.db import migrations, models

from eduvideo.danmaku.sameness import own_key, text_key

CHUNK = 2_000


def fill(apps, schema_editor):
    """Compute what the danmaku that are there have in the new columns, a chunk at a time."""
    danmaku = apps.get_model("danmaku", "Danmaku")
    last = 0
    while rows := list(danmaku.objects.filter(pk__gt=last).order_by("pk").only("public_id", "kind", "text", "weight")[:CHUNK]):
        for row in rows:
            row.text_key = text_key(row.text) if row.kind == "comment" else own_key(row.public_id)
            row.own_weight = row.weight
        danmaku.objects.bulk_update(rows, ["text_key", "own_weight"])
        last = rows[-1].pk


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0003_grade'),
        ('catalog', '0004_browse_indexes'),
        ('danmaku', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='DanmakuBlock',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('author_key', models.CharField(blank=True, max_length=16)),
                ('created_at', models.DateTimeField(default=eduvideo.core.clock.now, editable=False)),
            ],
        ),
        migrations.CreateModel(
            name='DanmakuLike',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(default=eduvideo.core.clock.now, editable=False)),
            ],
        ),
        migrations.CreateModel(
            name='DanmakuPolicy',
            fields=[
                ('video', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='danmaku_policy', serialize=False, to='catalog.video')),
                ('state', models.CharField(choices=[('on', 'On'), ('slow', 'Slow'), ('off', 'Off')], default='on', max_length=8)),
                ('pause_s', models.PositiveSmallIntegerField(default=30, help_text='While slow: between two danmaku of one person')),
            ],
        ),
        migrations.CreateModel(
            name='DanmakuPreference',
            fields=[
                ('user', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='danmaku_preference', serialize=False, to=settings.AUTH_USER_MODEL)),
                ('values', models.JSONField(default=dict)),
                ('updated_at', models.DateTimeField(default=eduvideo.core.clock.now)),
            ],
        ),
        migrations.RemoveIndex(
            model_name='danmaku',
            name='danmaku_segment',
        ),
        migrations.AddField(
            model_name='danmaku',
            name='care',
            field=models.CharField(blank=True, choices=[('', '–'), ('reported', 'Reported'), ('protected', 'Protected')], db_default='', default='', max_length=9),
        ),
        migrations.AddField(
            model_name='danmaku',
            name='likes',
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name='danmaku',
            name='own_weight',
            field=models.PositiveSmallIntegerField(default=5, help_text='The weight without what likes add (weight.py)'),
        ),
        migrations.AddField(
            model_name='danmaku',
            name='reply_to',
            field=models.CharField(blank=True, help_text='Of an answer: the public id of the question', max_length=24),
        ),
        migrations.AddField(
            model_name='danmaku',
            name='text_key',
            field=models.BigIntegerField(default=0, help_text='The same for texts of comments that say the same (sameness.py)'),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.AlterField(
            model_name='danmaku',
            name='text_key',
            field=models.BigIntegerField(help_text='The same for texts of comments that say the same (sameness.py)'),
        ),
        migrations.AddIndex(
            model_name='danmaku',
            index=models.Index(fields=['video', 'segment', '-weight', 'text_key', 'id', 'state', 'mode'], name='danmaku_segment'),
        ),
        migrations.AddIndex(
            model_name='danmaku',
            index=models.Index(condition=models.Q(('kind__in', ('question', 'answer'))), fields=['video', 'kind', 'position_ms'], name='danmaku_asked'),
        ),
        migrations.AddIndex(
            model_name='danmaku',
            index=models.Index(condition=models.Q(('author__isnull', False)), fields=['author', '-created_at'], name='danmaku_of_author'),
        ),
        migrations.AddConstraint(
            model_name='danmaku',
            constraint=models.CheckConstraint(condition=models.Q(('care__in', ['', 'reported', 'protected'])), name='danmaku_care_known'),
        ),
        migrations.AddField(
            model_name='danmakublock',
            name='author',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='danmakublock',
            name='user',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='danmaku_blocks', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='danmakublock',
            name='video',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='catalog.video'),
        ),
        migrations.AddField(
            model_name='danmakulike',
            name='danmaku',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='liked_by', to='danmaku.danmaku'),
        ),
        migrations.AddField(
            model_name='danmakulike',
            name='user',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='liked_danmaku', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddConstraint(
            model_name='danmakupolicy',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['on', 'slow', 'off'])), name='danmaku_policy_known'),
        ),
        migrations.AddConstraint(
            model_name='danmakublock',
            constraint=models.UniqueConstraint(fields=('user', 'author'), name='danmaku_author_blocked_once'),
        ),
        migrations.AddConstraint(
            model_name='danmakublock',
            constraint=models.UniqueConstraint(fields=('user', 'video', 'author_key'), name='danmaku_key_blocked_once'),
        ),
        migrations.AddConstraint(
            model_name='danmakublock',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('author__isnull', False), ('author_key', ''), ('video', None)), models.Q(('author', None), ('video__isnull', False), models.Q(('author_key', ''), _negated=True)), _connector='OR'), name='danmaku_block_names_one'),
        ),
        migrations.AddConstraint(
            model_name='danmakulike',
            constraint=models.UniqueConstraint(fields=('user', 'danmaku'), name='danmaku_liked_once'),
        ),
    ]
