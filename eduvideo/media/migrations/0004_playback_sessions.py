import django.db.models.deletion
import eduvideo.core.ids
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    """Made anew rather than changed: sessions live for twelve hours at most, and a player asks for another by itself."""

    dependencies = [
        ('accounts', '0002_organizations'),
        ('media', '0003_splits'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='asset',
            name='playback_epoch',
            field=models.PositiveIntegerField(default=0, help_text='Raised to end every playback session'),
        ),
        migrations.DeleteModel(name='PlaybackSession'),
        migrations.CreateModel(
            name='PlaybackSession',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.CharField(default=eduvideo.core.ids.new_public_id, editable=False, max_length=16, unique=True)),
                ('as_staff', models.BooleanField(default=False)),
                ('epoch', models.PositiveIntegerField(help_text="The asset's when the viewer was let in")),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('expires_at', models.DateTimeField()),
                ('asset', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='playback_sessions', to='media.asset')),
                ('organization', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.organization')),
                ('viewer', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'indexes': [models.Index(fields=['expires_at'], name='playback_expiry')],
            },
        ),
    ]
